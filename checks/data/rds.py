"""Questions about RDS DB instances (`rds:DescribeDBInstances`)."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_MODIFY = "aws rds modify-db-instance --apply-immediately --db-instance-identifier {name}"
_RECREATE = "It is fixed when the instance is created: restore a snapshot into a new one with it."
YEAR = 365 * 24 * 3600


@check("rds:db", severity="high", controls=["AWS FSBP RDS.5"], fix=f"{_MODIFY} --multi-az")
def multi_az(db: Record) -> bool:
    """Whether a standby waits in a second Availability Zone."""
    return db["MultiAZ"]


@check("rds:db", severity="high", fix=_RECREATE)
def engine(db: Record) -> str:
    """The engine that it runs."""
    return db["Engine"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-instance-class {{wanted ?? <class>}}")
def instance_class(db: Record) -> str:
    """Its instance class."""
    return db["DBInstanceClass"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --allocated-storage {{wanted ?? <GiB>}}")
def allocated_gib(db: Record) -> int:
    """The storage that it was given."""
    return db["AllocatedStorage"]


@check("rds:db", severity="high", fix=f"{_MODIFY} --backup-retention-period {{wanted ?? <days>}}")
def backup_days(db: Record) -> int:
    """For how many days automated backups are kept; 0 where there are none."""
    return db["BackupRetentionPeriod"]


@check("rds:db", severity="high", fix=f"{_MODIFY} --backup-retention-period <days>")
def point_in_time_recovery(db: Record) -> bool:
    """Whether it can be restored to a moment of the kept days: backups are on and a restorable time is given."""
    # AWS gives the time only where there is something to restore
    return db["BackupRetentionPeriod"] > 0 and "LatestRestorableTime" in db


@check("rds:db", severity="medium", fix=_RECREATE)
def database_name(db: Record) -> str | None:
    """The database that was made with it; nothing where none was named."""
    return db.get("DBName")


@check("rds:db", severity="low", fix=_RECREATE)
def master_user(db: Record) -> str:
    """The name of the master user."""
    return db["MasterUsername"]


@check("rds:db", severity="critical", fix=f"{_MODIFY} --manage-master-user-password")
def master_password_managed(db: Record) -> bool:
    """Whether RDS keeps the master user's password as a secret: impossible with replicas, save SQL Server's."""
    return "MasterUserSecret" in db  # AWS names the secret only where there is one


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-port-number {{wanted ?? <port>}}")
def port(db: Record) -> int:
    """The port that it listens on."""
    return db["Endpoint"]["Port"]


@check("rds:db", severity="critical", controls=["AWS FSBP RDS.2"], fix=f"{_MODIFY} --no-publicly-accessible")
def publicly_accessible(db: Record) -> bool:
    """Whether its name resolves to a public address."""
    return db["PubliclyAccessible"]


@check("rds:db", severity="high", controls=["AWS FSBP RDS.3"], fix=_RECREATE)
def encrypted_at_rest(db: Record) -> bool:
    """Whether its storage is encrypted."""
    return db["StorageEncrypted"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-subnet-group-name {{wanted ?? <group>}}")
def subnet_group(db: Record) -> str:
    """The name of its subnet group."""
    return db["DBSubnetGroup"]["DBSubnetGroupName"]


@check("rds:db", severity="medium", controls=["AWS FSBP RDS.13"], fix=f"{_MODIFY} --auto-minor-version-upgrade")
def upgrades_itself(db: Record) -> bool:
    """Whether minor versions, which carry the patches, are installed in its maintenance window."""
    return db["AutoMinorVersionUpgrade"]


@check("rds:db", severity="low", fix=f"{_MODIFY} --preferred-maintenance-window {{wanted ?? <window>}}")
def maintenance_window(db: Record) -> str:
    """When it is maintained each week: `sun:05:00-sun:06:00`."""
    return db["PreferredMaintenanceWindow"]


@check(
    "rds:db",
    severity="medium",
    reads=["rds:db.maintenance"],
    fix="aws rds describe-pending-maintenance-actions --resource-identifier {arn}",
)
def pending_maintenance(db: Record, account: Account) -> int:
    """How many maintenance actions wait to be applied to it."""
    return len(account.details("rds:db.maintenance", db))


@check(
    "rds:db",
    severity="medium",
    fix=f'{_MODIFY} --cloudwatch-logs-export-configuration \'{{"EnableLogTypes":["postgresql"]}}\'',
)
def log_exports(db: Record) -> frozenset[str]:
    """The logs that it sends to CloudWatch Logs."""
    return frozenset(db.get("EnabledCloudwatchLogsExports", ()))  # left out where none is sent


@check(
    "rds:db",
    severity="high",
    reads=["rds:db.parameter"],
    fix="aws rds modify-db-parameter-group --db-parameter-group-name "
    "{DBParameterGroups[0].DBParameterGroupName ?? <group>} "
    "--parameters ParameterName={parameter},ParameterValue={wanted ?? <value>},ApplyMethod=immediate",
)
def parameter(db: Record, account: Account, parameter: str) -> str | None:
    """A parameter of its parameter group; nothing where the group leaves it to the engine."""
    for found in account.details("rds:db.parameter", db):
        if found["ParameterName"] == parameter:
            return found.get("ParameterValue")  # left out where the engine's own default holds
    return None


@check("rds:db", severity="medium", fix="aws rds reboot-db-instance --db-instance-identifier {name}")
def parameters_in_effect(db: Record) -> bool:
    """Whether it runs with its parameter group's values: none waits for a reboot."""
    states = [group["ParameterApplyStatus"] for group in db["DBParameterGroups"]]
    return bool(states) and all(state == "in-sync" for state in states)


@check("rds:db", severity="low", fix=_RECREATE)
def replica_of(db: Record) -> str | None:
    """The instance that it replicates; nothing where it is no replica."""
    return db.get("ReadReplicaSourceDBInstanceIdentifier")  # given for replicas only


@check(
    "rds:db",
    severity="medium",
    fix="aws rds create-db-instance-read-replica --source-db-instance-identifier {name} "
    "--db-instance-identifier {name}-replica-1",
    reads=["rds:db"],
)
def available_replicas(db: Record, account: Account) -> int:
    """How many read replicas in this region are available and replicating."""
    found = [account.find("rds:db", name) for name in db["ReadReplicaDBInstanceIdentifiers"]]
    return sum(replica is not None and _replicates(replica) for replica in found)


def _replicates(replica: Record) -> bool:
    # instances without a status to tell of have no list of them
    infos = replica.get("StatusInfos", ())
    return replica["DBInstanceStatus"] == "available" and all(info["Normal"] for info in infos)


@check(
    "rds:db",
    severity="low",
    reads=["rds:reservation"],
    fix="aws rds describe-reserved-db-instances-offerings --db-instance-class {DBInstanceClass}",
)
def reserved_years(db: Record, account: Account) -> int | None:
    """The longest term, in years, of an active reservation of its family and engine, whose sizes share reservations."""
    held = [
        reservation["Duration"] // YEAR
        for reservation in account.all("rds:reservation")
        # what is reserved is called `postgresql`, `aurora mysql`, `oracle-se2(li)`
        if reservation["ProductDescription"].replace(" ", "-").startswith(db["Engine"])
        and reservation["State"] == "active"
        and _family(reservation) == _family(db)
    ]
    return max(held, default=None)


def _family(record: Record) -> str:
    return record["DBInstanceClass"].rpartition(".")[0]


@check("rds:subnet-group", severity="low", fix="aws rds modify-db-subnet-group --help")
def description(group: Record) -> str:
    """What its description says."""
    return group["DBSubnetGroupDescription"]


@check("rds:proxy", severity="low", reads=["rds:proxy.target"], fix="aws rds register-db-proxy-targets --help")
def pools(proxy: Record, account: Account) -> frozenset[str]:
    """The database instances that it pools connections to."""
    targets = account.details("rds:proxy.target", proxy)
    return frozenset(target["RdsResourceId"] for target in targets if target["Type"] == "RDS_INSTANCE")


@check(
    "rds:proxy",
    severity="low",
    reads=["rds:proxy.target"],
    fix="aws rds describe-db-proxy-targets --db-proxy-name {name}",
)
def serves(proxy: Record, account: Account) -> bool:
    """Whether it is there to connect to, and reaches every database behind it."""
    states = [target["TargetHealth"]["State"] for target in account.details("rds:proxy.target", proxy)]
    return proxy["Status"] == "available" and bool(states) and all(state == "AVAILABLE" for state in states)
