"""Security groups read as reachability: every kind of source, protocol and port, and who wears which group."""

from __future__ import annotations

import pytest

from asbuilt.evidence import Entry, Unknown
from asbuilt_content.checks.ec2 import reachability
from tests.records import account, entry

WEB, OTHER_WEB = (
    entry(
        {
            "networkConfiguration": {"awsvpcConfiguration": {"securityGroups": [group]}},
            "loadBalancers": [{"containerPort": 8000}],
        },
        "ecs:service",
        [name],
    )
    for name, group in (("web", "sg-web"), ("other", "sg-other"))
)
EMPTY: dict[str, list[Entry]] = {kind: [] for kind in reachability.WEARERS}


def _db(*groups, port=5432):
    worn = [{"VpcSecurityGroupId": group} for group in groups]
    return entry({"VpcSecurityGroups": worn, "Endpoint": {"Port": port}}, "rds:db", ["db"])


def _rule(first=5432, last=5432, protocol="tcp", **sources):
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    lists: dict[str, list[object]] = {"IpRanges": [], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    return {"IpProtocol": protocol, **ports, **lists, **sources}


def _from_group(group, **about):
    return _rule(UserIdGroupPairs=[{"GroupId": group}], **about)


def _from(cidr, **about):
    return _rule(IpRanges=[{"CidrIp": cidr}], **about)


def _group(group_id, *rules, vpc="vpc-1"):
    data = {"GroupId": group_id, "GroupName": f"name of {group_id}", "IpPermissions": list(rules), "VpcId": vpc}
    return entry(data, "ec2:security-group", [group_id])


def _look(db, groups, subjects=None, **more):
    kinds = {**EMPTY, "rds:db": [db], "ecs:service": [WEB, OTHER_WEB], "ec2:security-group": groups, **more}
    seen = account(kinds, subjects or {"web": [WEB]})
    return seen.find("rds:db", "db"), seen


@pytest.mark.parametrize(
    ("rule", "sources"),
    [
        (_from_group("sg-web"), {"web"}),
        (_from_group("sg-web", first=5000, last=6000), {"web"}),
        (_from_group("sg-web", protocol="-1"), {"web"}),
        (_from_group("sg-web", protocol="6"), {"web"}),
        (_from_group("sg-web", protocol="udp"), set()),
        (_from_group("sg-web", first=22, last=22), set()),
        (_from_group("sg-web", first=0, last=5431), set()),
        (_from_group("sg-other"), {"name of sg-other"}),
        (_from_group("sg-db"), {"name of sg-db"}),
        (_from_group("sg-of-a-peer"), {"sg-of-a-peer"}),
        (_from("10.0.0.0/16"), {"10.0.0.0/16"}),
        (_rule(Ipv6Ranges=[{"CidrIpv6": "::/0"}]), {"::/0"}),
        (_rule(PrefixListIds=[{"PrefixListId": "pl-1"}]), {"pl-1"}),
    ],
)
def test_reachable_only_from_each_kind_of_source(rule, sources):
    """A source counts when its rule covers the port; a group is its wearer's name only if that subject is named."""
    db, seen = _look(_db("sg-db"), [_group("sg-db", rule), _group("sg-web"), _group("sg-other")])
    assert reachability.reachable_only_from(db, seen) == sources


def test_reachable_only_from_counts_every_group_worn():
    """One tight group does not hide a loose one beside it."""
    groups = [_group("sg-a", _from_group("sg-web")), _group("sg-b", _from("0.0.0.0/0")), _group("sg-web")]
    db, seen = _look(_db("sg-a", "sg-b"), groups)
    assert reachability.reachable_only_from(db, seen) == {"web", "0.0.0.0/0"}


@pytest.mark.parametrize(
    ("kind", "worn"),
    [
        ("ec2:instance", {"SecurityGroups": [{"GroupId": "sg-web"}]}),
        ("lambda:function", {"VpcConfig": {"SecurityGroupIds": ["sg-web"]}}),
    ],
)
def test_a_group_that_others_wear_too_is_not_the_subject(kind, worn):
    """A bastion or a function in the tasks' group may reach what the tasks may: the group's name says so."""
    other = entry(worn, kind, ["other"])
    db, seen = _look(_db("sg-db"), [_group("sg-db", _from_group("sg-web")), _group("sg-web")], **{kind: [other]})
    assert reachability.reachable_only_from(db, seen) == {"name of sg-web"}


def _interface(ident, group="sg-web", **about):
    data = {"NetworkInterfaceId": ident, "Groups": [{"GroupId": group}], **about}
    return entry(data, "ec2:network-interface", [ident])


def _task(group, interface, cluster="c"):
    details = [{"name": "subnetId", "value": "s"}, {"name": "networkInterfaceId", "value": interface}]
    data = {"group": group, "clusterArn": cluster, "attachments": [{"details": details}]}
    return entry(data, "ecs:task", [interface])


STRAY, WEBS = {"name of sg-web"}, {"web"}


@pytest.mark.parametrize(
    ("interface", "tasks", "sources"),
    [
        (_interface("eni-1", Description="EFS mount target for fs-1 (fsmt-1)", InterfaceType="efs"), [], STRAY),
        (_interface("eni-1", Description="ES domain"), [], STRAY),
        (_interface("eni-1"), [], STRAY),
        (_interface("eni-1", "sg-other"), [], WEBS),
        # made for a kind of thing of which none wears the group: one that was deleted, or is none of those read
        (_interface("eni-1", Description="RDSNetworkInterface"), [], STRAY),
        (_interface("eni-1", Description="ELB classic"), [], STRAY),
        (_interface("eni-1", Attachment={"InstanceId": "i-1"}), [], STRAY),
        (_interface("eni-1"), [_task("service:web", "eni-1")], WEBS),
        (_interface("eni-1"), [_task("service:web", "eni-2")], STRAY),
        (_interface("eni-1"), [_task("service:web", "eni-1", cluster="another")], STRAY),
        (_interface("eni-1"), [_task("family:job", "eni-1")], STRAY),
    ],
)
def test_whatever_wears_a_group_by_an_interface_counts(interface, tasks, sources):
    """Mount targets, tasks outside services, what nobody can name: only those of the subject's own tasks are its."""
    web = entry({**WEB.data, "serviceName": "web", "clusterArn": "c"}, "ecs:service", ["web"])
    groups = [_group("sg-db", _from_group("sg-web")), _group("sg-web")]
    more = {"ecs:service": [web], "ec2:network-interface": [interface], "ecs:task": tasks}
    db, seen = _look(_db("sg-db"), groups, {"web": [web]}, **more)
    assert reachability.reachable_only_from(db, seen) == sources


def test_interfaces_of_things_that_say_what_they_wear_are_these():
    """A balancer that is named and wears the group is not counted again as the stranger that its interface is."""
    alb = entry({"SecurityGroups": ["sg-alb"]}, "elbv2:load-balancer", ["alb"])
    own = _interface("eni-1", "sg-alb", Description="ELB app/alb/50dc6c495c0c9188", RequesterManaged=True)
    groups = [_group("sg-db", _from_group("sg-alb")), _group("sg-alb")]
    more = {"elbv2:load-balancer": [alb], "ec2:network-interface": [own]}
    db, seen = _look(_db("sg-db"), groups, {"alb": [alb]}, **more)
    assert reachability.reachable_only_from(db, seen) == {"alb"}


@pytest.mark.parametrize("about", [{"Attachment": {"InstanceId": "i-1"}, "RequesterManaged": True}, {}])
def test_nothing_passes_for_a_balancer_by_its_description(about):
    """Anybody may write there that an interface is a balancer's; only AWS says that a service made it."""
    alb = entry({"SecurityGroups": ["sg-alb"]}, "elbv2:load-balancer", ["alb"])
    forged = _interface("eni-1", "sg-alb", Description="ELB app/alb/1", **about)
    groups = [_group("sg-db", _from_group("sg-alb")), _group("sg-alb")]
    more = {"elbv2:load-balancer": [alb], "ec2:network-interface": [forged]}
    db, seen = _look(_db("sg-db"), groups, {"alb": [alb]}, **more)
    assert reachability.reachable_only_from(db, seen) == {"name of sg-alb"}


def test_an_instance_wears_the_groups_of_all_its_interfaces():
    """A second one opens what the first keeps closed."""
    second = {"SecurityGroups": [{"GroupId": "sg-1"}], "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-2"}]}]}
    host = entry(second, "ec2:instance", ["host"])
    seen = account(
        {**EMPTY, "ec2:instance": [host], "ec2:security-group": [_group("sg-1"), _group("sg-2", _from("0.0.0.0/0"))]}
    )
    assert not reachability.closed_to_internet(seen.find("ec2:instance", "host"), seen)


def test_the_interface_of_a_task_that_was_not_read_is_unknown():
    """It comes or goes: whose it is cannot be told."""
    coming = _interface("eni-1", Description="arn:aws:ecs:us-east-1:123456789012:attachment/1")
    groups = [_group("sg-db", _from_group("sg-web")), _group("sg-web")]
    db, seen = _look(_db("sg-db"), groups, **{"ec2:network-interface": [coming]})
    with pytest.raises(Unknown, match="eni-1"):
        reachability.reachable_only_from(db, seen)


def test_a_group_that_named_subjects_share_is_all_of_them():
    """Two named subjects in one group are both let in."""
    proxy = entry({"VpcSecurityGroupIds": ["sg-web"]}, "rds:proxy", ["pool"])
    groups = [_group("sg-db", _from_group("sg-web")), _group("sg-web")]
    db, seen = _look(_db("sg-db"), groups, {"web": [WEB], "pool": [proxy]}, **{"rds:proxy": [proxy]})
    assert reachability.reachable_only_from(db, seen) == {"web", "pool"}


def test_a_group_that_nobody_wears_is_its_own_name():
    """An unused group stands for nobody, least of all for the subject that should wear it."""
    groups = [_group("sg-db", _from_group("sg-spare")), _group("sg-spare")]
    db, seen = _look(_db("sg-db"), groups)
    assert reachability.reachable_only_from(db, seen) == {"name of sg-spare"}


def test_a_subject_that_is_a_group_is_found_by_its_id():
    """A spec may name the group itself."""
    group = _group("sg-web")
    db, seen = _look(_db("sg-db"), [_group("sg-db", _from_group("sg-web")), group], {"web_group": [group]})
    assert reachability.reachable_only_from(db, seen) == {"web_group"}


def test_without_groups_nothing_is_known():
    """Whatever wears no group is not closed: nobody says who reaches it."""
    db, seen = _look(_db(), [])
    with pytest.raises(Unknown):
        reachability.reachable_only_from(db, seen)
    with pytest.raises(Unknown):
        reachability.closed_to_internet(db, seen)


def test_a_group_that_was_not_read_is_not_an_empty_one():
    """A worn group that is missing from the answer is not knowing."""
    db, seen = _look(_db("sg-db"), [])
    with pytest.raises(Unknown):
        reachability.reachable_only_from(db, seen)


@pytest.mark.parametrize(
    ("rule", "let_in"),
    [(_from_group("sg-web"), True), (_from_group("sg-other"), False), (_from_group("sg-web", first=1, last=2), False)],
)
def test_admits(rule, let_in):
    """The subject's own group must be let in, and on the port."""
    db, seen = _look(_db("sg-db"), [_group("sg-db", rule), _group("sg-web"), _group("sg-other")])
    assert reachability.admits(db, seen, "web") is let_in


def test_admits_each_that_goes_by_the_name():
    """One of two services that is let in does not let the other in."""
    groups = [_group("sg-db", _from_group("sg-web")), _group("sg-web"), _group("sg-other")]
    assert not reachability.admits(*_look(_db("sg-db"), groups, {"web": [WEB, OTHER_WEB]}), "web")
    assert reachability.admits(*_look(_db("sg-db"), groups, {"web": [WEB]}), "web")
    assert not reachability.admits(*_look(_db("sg-db"), groups, {"web": []}), "web")


def test_open_ports_names_ranges_and_protocols():
    """Each rule's ports as text, whoever they are open to."""
    rules = [
        _from("10.0.0.0/8"),
        _from("10.0.0.0/8", first=8000, last=8100),
        _from("10.0.0.0/8", first=53, last=53, protocol="udp"),
        _from("10.0.0.0/8", protocol="-1"),
    ]
    db, seen = _look(_db("sg-db"), [_group("sg-db", *rules)])
    assert reachability.open_ports(db, seen) == {"5432", "8000-8100", "udp 53", "all"}


@pytest.mark.parametrize(
    ("rule", "closed"),
    [
        (_from("0.0.0.0/0", first=22, last=22), False),
        (_from("128.0.0.0/1"), False),
        (_rule(Ipv6Ranges=[{"CidrIpv6": "::/0"}]), False),
        (_from("203.0.113.0/24"), True),
        (_from_group("sg-web"), True),
    ],
)
def test_closed_to_internet(rule, closed):
    """The whole internet on any port, also by halves, opens it; a known range does not."""
    db, seen = _look(_db("sg-db"), [_group("sg-db", rule)])
    assert reachability.closed_to_internet(db, seen) is closed


def _vpc(groups, worn=("sg-alb",)):
    alb = entry({"SecurityGroups": list(worn)}, "elbv2:load-balancer", ["alb"])
    vpc = entry({"VpcId": "vpc-1"}, "ec2:vpc", ["vpc"])
    kinds = {**EMPTY, "rds:db": [], "ecs:service": [WEB], "elbv2:load-balancer": [alb], "ec2:vpc": [vpc]}
    seen = account({**kinds, "ec2:security-group": groups}, {"load_balancer": [alb]})
    return seen.find("ec2:vpc", "vpc"), seen


def test_closed_to_internet_except_one_subject():
    """The load balancer's group may be open, and no other: neither worn, nor unused, nor shared."""
    opened = _group("sg-alb", _from("0.0.0.0/0"))
    elsewhere = _group("sg-else", _from("0.0.0.0/0"), vpc="vpc-2")
    assert reachability.closed_to_internet_except(*_vpc([opened, elsewhere, _group("sg-web")]), "load_balancer")
    for other in ("sg-web", "sg-unused"):
        groups = [opened, _group(other, _from("0.0.0.0/0", first=22, last=22))]
        assert not reachability.closed_to_internet_except(*_vpc(groups), "load_balancer")
    shared = _group("sg-web", _from("0.0.0.0/0"))
    assert not reachability.closed_to_internet_except(*_vpc([shared], worn=["sg-web"]), "load_balancer")


def test_a_vpc_without_any_group_proves_nothing():
    """Every VPC has its default group: none read is no evidence."""
    assert not reachability.closed_to_internet_except(*_vpc([]), "load_balancer")


def test_security_groups_are_subjects_or_names():
    """A group that the spec names is that subject; any other is its name."""
    named = _group("sg-db")
    db, seen = _look(_db("sg-db", "sg-x"), [named, _group("sg-x")], {"database_group": [named]})
    assert reachability.security_groups(db, seen) == {"database_group", "name of sg-x"}


def test_groups_of_every_kind():
    """Each kind says in its own way which groups it wears; some wear none."""
    member = {"CacheClusterId": "m", "SecurityGroups": [{"SecurityGroupId": "sg-1"}]}
    things = {
        "ec2:instance": {"SecurityGroups": [{"GroupId": "sg-1"}]},
        "ec2:vpc-endpoint": {"Groups": [{"GroupId": "sg-1"}]},
        "ecs:service": {"networkConfiguration": {"awsvpcConfiguration": {"securityGroups": ["sg-1"]}}},
        "elasticache:cache": {"ReplicationGroupId": "g", "MemberClusters": ["m"]},
        "elbv2:load-balancer": {"SecurityGroups": ["sg-1"]},
        "rds:db": {"VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}]},
        "rds:proxy": {"VpcSecurityGroupIds": ["sg-1"]},
    }
    members = {"elasticache:cluster": [entry(member, "elasticache:cluster", ["m"])]}
    for kind, data in things.items():
        seen = account({kind: [entry(data, kind, ["x"])], **members})
        assert reachability.groups_of(seen.find(kind, "x"), seen) == ["sg-1"]
    for kind in ("ec2:vpc-endpoint", "ecs:service", "elbv2:load-balancer"):
        seen = account({kind: [entry({"Other": 1}, kind, ["x"])]})
        assert reachability.groups_of(seen.find(kind, "x"), seen) == []
