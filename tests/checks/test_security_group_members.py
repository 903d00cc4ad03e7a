"""Which resources have a security group: those that name it, and those with a network interface in it."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt_content.checks.ec2 import reachability
from tests.checks.security_groups import EMPTY, WEB, database, from_group, from_range, group, look
from tests.records import account, entry


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("ec2:instance", {"SecurityGroups": [{"GroupId": "sg-web"}]}),
        ("lambda:function", {"VpcConfig": {"SecurityGroupIds": ["sg-web"]}}),
    ],
)
def test_a_group_that_others_have_too_is_not_the_subject(kind, data):
    """If an instance or a function shares the tasks' group, the source is the group's name."""
    other = entry(data, kind, ["other"])
    db, seen = look(database("sg-db"), [group("sg-db", from_group("sg-web")), group("sg-web")], **{kind: [other]})
    assert reachability.reachable_only_from(db, seen) == {"name of sg-web"}


def _interface(ident, group="sg-web", **about):
    data = {"NetworkInterfaceId": ident, "Groups": [{"GroupId": group}], **about}
    return entry(data, "ec2:network-interface", [ident])


def _task(group, interface, cluster="c"):
    details = [{"name": "subnetId", "value": "s"}, {"name": "networkInterfaceId", "value": interface}]
    data = {"group": group, "clusterArn": cluster, "attachments": [{"details": details}]}
    return entry(data, "ecs:task", [interface])


OTHER, WEBS = {"name of sg-web"}, {"web"}


@pytest.mark.parametrize(
    ("interface", "tasks", "sources"),
    [
        (_interface("eni-1", Description="EFS mount target for fs-1 (fsmt-1)", InterfaceType="efs"), [], OTHER),
        (_interface("eni-1", Description="ES domain"), [], OTHER),
        (_interface("eni-1"), [], OTHER),
        (_interface("eni-1", "sg-other"), [], WEBS),
        # created for a kind of which no resource has the group: deleted since, or not among those read
        (_interface("eni-1", Description="RDSNetworkInterface"), [], OTHER),
        (_interface("eni-1", Description="ELB classic"), [], OTHER),
        (_interface("eni-1", Attachment={"InstanceId": "i-1"}), [], OTHER),
        (_interface("eni-1"), [_task("service:web", "eni-1")], WEBS),
        (_interface("eni-1"), [_task("service:web", "eni-2")], OTHER),
        (_interface("eni-1"), [_task("service:web", "eni-1", cluster="another")], OTHER),
        (_interface("eni-1"), [_task("family:job", "eni-1")], OTHER),
    ],
)
def test_interfaces_count(interface, tasks, sources):
    """An interface in the group counts as another source unless it belongs to a task of the subject."""
    web = entry({**WEB.data, "serviceName": "web", "clusterArn": "c"}, "ecs:service", ["web"])
    groups = [group("sg-db", from_group("sg-web")), group("sg-web")]
    more = {"ecs:service": [web], "ec2:network-interface": [interface], "ecs:task": tasks}
    db, seen = look(database("sg-db"), groups, {"web": [web]}, **more)
    assert reachability.reachable_only_from(db, seen) == sources


def test_interfaces_of_resources_that_name_their_groups():
    """The interface of a load balancer that names the group does not count as another source."""
    alb = entry({"SecurityGroups": ["sg-alb"]}, "elbv2:load-balancer", ["alb"])
    own = _interface("eni-1", "sg-alb", Description="ELB app/alb/50dc6c495c0c9188", RequesterManaged=True)
    groups = [group("sg-db", from_group("sg-alb")), group("sg-alb")]
    more = {"elbv2:load-balancer": [alb], "ec2:network-interface": [own]}
    db, seen = look(database("sg-db"), groups, {"alb": [alb]}, **more)
    assert reachability.reachable_only_from(db, seen) == {"alb"}


@pytest.mark.parametrize("about", [{"Attachment": {"InstanceId": "i-1"}, "RequesterManaged": True}, {}])
def test_a_forged_description_does_not_count(about):
    """Users can write descriptions; only AWS marks an interface as created by a service."""
    alb = entry({"SecurityGroups": ["sg-alb"]}, "elbv2:load-balancer", ["alb"])
    forged = _interface("eni-1", "sg-alb", Description="ELB app/alb/1", **about)
    groups = [group("sg-db", from_group("sg-alb")), group("sg-alb")]
    more = {"elbv2:load-balancer": [alb], "ec2:network-interface": [forged]}
    db, seen = look(database("sg-db"), groups, {"alb": [alb]}, **more)
    assert reachability.reachable_only_from(db, seen) == {"name of sg-alb"}


def test_an_instance_has_the_groups_of_all_its_interfaces():
    """The groups of the second interface count as well."""
    second = {"SecurityGroups": [{"GroupId": "sg-1"}], "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-2"}]}]}
    host = entry(second, "ec2:instance", ["host"])
    seen = account(
        {**EMPTY, "ec2:instance": [host], "ec2:security-group": [group("sg-1"), group("sg-2", from_range("0.0.0.0/0"))]}
    )
    assert not reachability.closed_to_internet(seen.find("ec2:instance", ResourceId("host")), seen)


def test_the_interface_of_a_task_that_was_not_read_is_unknown():
    """The owner of such an interface is unknown."""
    unowned = _interface("eni-1", Description="arn:aws:ecs:us-east-1:123456789012:attachment/1")
    groups = [group("sg-db", from_group("sg-web")), group("sg-web")]
    db, seen = look(database("sg-db"), groups, **{"ec2:network-interface": [unowned]})
    with pytest.raises(Unknown, match="eni-1"):
        reachability.reachable_only_from(db, seen)


def test_a_group_shared_by_named_subjects():
    """Two named subjects in one group are both sources."""
    proxy = entry({"VpcSecurityGroupIds": ["sg-web"]}, "rds:proxy", ["pool"])
    groups = [group("sg-db", from_group("sg-web")), group("sg-web")]
    db, seen = look(database("sg-db"), groups, {"web": [WEB], "pool": [proxy]}, **{"rds:proxy": [proxy]})
    assert reachability.reachable_only_from(db, seen) == {"web", "pool"}


def test_an_unused_group():
    """An unused group is its own name, and no subject."""
    groups = [group("sg-db", from_group("sg-spare")), group("sg-spare")]
    db, seen = look(database("sg-db"), groups)
    assert reachability.reachable_only_from(db, seen) == {"name of sg-spare"}


def test_a_subject_that_is_a_group():
    """A spec may name the group itself as a subject."""
    web = group("sg-web")
    db, seen = look(database("sg-db"), [group("sg-db", from_group("sg-web")), web], {"web_group": [web]})
    assert reachability.reachable_only_from(db, seen) == {"web_group"}
