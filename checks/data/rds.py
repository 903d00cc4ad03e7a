"""Checks of RDS DB instances, proxies and subnet groups (`rds:DescribeDBInstances` and others)."""

from asbuilt.account import Account
from asbuilt.check import check
from asbuilt.evidence import Record

_MODIFY = "aws rds modify-db-instance --apply-immediately --db-instance-identifier {name}"
_RECREATE = "It is fixed when the instance is created: restore a snapshot into a new one with it."
YEAR = 365 * 24 * 3600


@check("rds:db", severity="high", controls=["AWS FSBP RDS.5"], fix=f"{_MODIFY} --multi-az")
def multi_az(db: Record) -> bool:
    """Whether the instance has a standby in a second Availability Zone."""
    return db["MultiAZ"]


@check("rds:db", severity="high", fix=_RECREATE)
def engine(db: Record) -> str:
    """The database engine."""
    return db["Engine"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-instance-class {{wanted ?? <class>}}")
def instance_class(db: Record) -> str:
    """The instance class."""
    return db["DBInstanceClass"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --allocated-storage {{wanted ?? <GiB>}}")
def allocated_gib(db: Record) -> int:
    """The allocated storage."""
    return db["AllocatedStorage"]


@check("rds:db", severity="high", fix=f"{_MODIFY} --backup-retention-period {{wanted ?? <days>}}")
def backup_days(db: Record) -> int:
    """How many days automated backups are kept; 0 if they are off."""
    return db["BackupRetentionPeriod"]


@check("rds:db", severity="high", fix=f"{_MODIFY} --backup-retention-period <days>")
def point_in_time_recovery(db: Record) -> bool:
    """Whether it can be restored to a point in time: backups are on and AWS names a latest restorable time."""
    # AWS omits the time where there is nothing to restore
    return db["BackupRetentionPeriod"] > 0 and "LatestRestorableTime" in db


@check("rds:db", severity="medium", fix=_RECREATE)
def database_name(db: Record) -> str | None:
    """The name of the database that was created with the instance; nothing if none was named."""
    return db.get("DBName")


@check("rds:db", severity="low", fix=_RECREATE)
def master_user(db: Record) -> str:
    """The name of the master user."""
    return db["MasterUsername"]


@check("rds:db", severity="critical", fix=f"{_MODIFY} --manage-master-user-password")
def master_password_managed(db: Record) -> bool:
    """Whether RDS manages the master password in Secrets Manager: impossible with replicas, except on SQL Server."""
    return "MasterUserSecret" in db  # AWS omits the field where RDS manages no password


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-port-number {{wanted ?? <port>}}")
def port(db: Record) -> int:
    """The port that the instance listens on."""
    return db["Endpoint"]["Port"]


@check("rds:db", severity="critical", controls=["AWS FSBP RDS.2"], fix=f"{_MODIFY} --no-publicly-accessible")
def publicly_accessible(db: Record) -> bool:
    """Whether the instance has a publicly resolvable address."""
    return db["PubliclyAccessible"]


@check("rds:db", severity="high", controls=["AWS FSBP RDS.3"], fix=_RECREATE)
def encrypted_at_rest(db: Record) -> bool:
    """Whether the storage is encrypted."""
    return db["StorageEncrypted"]


@check("rds:db", severity="medium", fix=f"{_MODIFY} --db-subnet-group-name {{wanted ?? <group>}}")
def subnet_group(db: Record) -> str:
    """The name of its subnet group."""
    return db["DBSubnetGroup"]["DBSubnetGroupName"]


@check("rds:db", severity="medium", controls=["AWS FSBP RDS.13"], fix=f"{_MODIFY} --auto-minor-version-upgrade")
def upgrades_itself(db: Record) -> bool:
    """Whether minor version upgrades, which contain patches, are installed in the maintenance window."""
    return db["AutoMinorVersionUpgrade"]


@check("rds:db", severity="low", fix=f"{_MODIFY} --preferred-maintenance-window {{wanted ?? <window>}}")
def maintenance_window(db: Record) -> str:
    """The weekly maintenance window: `sun:05:00-sun:06:00`."""
    return db["PreferredMaintenanceWindow"]


@check(
    "rds:db",
    severity="medium",
    reads=["rds:db.maintenance"],
    fix="aws rds describe-pending-maintenance-actions --resource-identifier {arn}",
)
def pending_maintenance(db: Record, account: Account) -> int:
    """How many maintenance actions are pending."""
    return len(account.details("rds:db.maintenance", db))


@check(
    "rds:db",
    severity="medium",
    fix=f'{_MODIFY} --cloudwatch-logs-export-configuration \'{{"EnableLogTypes":["postgresql"]}}\'',
)
def log_exports(db: Record) -> frozenset[str]:
    """The types of logs that it exports to CloudWatch Logs."""
    return frozenset(db.get("EnabledCloudwatchLogsExports", ()))  # AWS omits the field where none is exported


@check(
    "rds:db",
    severity="high",
    reads=["rds:db.parameter"],
    fix="aws rds modify-db-parameter-group --db-parameter-group-name "
    "{DBParameterGroups[0].DBParameterGroupName ?? <group>} "
    "--parameters ParameterName={parameter},ParameterValue={wanted ?? <value>},ApplyMethod=immediate",
)
def parameter(db: Record, account: Account, parameter: str) -> str | None:
    """The value of a parameter of its parameter group; nothing if the engine's default applies."""
    for found in account.details("rds:db.parameter", db):
        if found["ParameterName"] == parameter:
            return found.get("ParameterValue")  # AWS omits the value where the engine's default applies
    return None


@check("rds:db", severity="medium", fix="aws rds reboot-db-instance --db-instance-identifier {name}")
def parameters_in_effect(db: Record) -> bool:
    """Whether all values of its parameter group are in effect, with none waiting for a reboot."""
    states = [group["ParameterApplyStatus"] for group in db["DBParameterGroups"]]
    return bool(states) and all(state == "in-sync" for state in states)


@check("rds:db", severity="low", fix=_RECREATE)
def replica_of(db: Record) -> str | None:
    """The instance that it is a read replica of; nothing if it is not a replica."""
    return db.get("ReadReplicaSourceDBInstanceIdentifier")  # only replicas have the field


@check(
    "rds:db",
    severity="medium",
    fix="aws rds create-db-instance-read-replica --source-db-instance-identifier {name} "
    "--db-instance-identifier {name}-replica-1",
    reads=["rds:db"],
)
def available_replicas(db: Record, account: Account) -> int:
    """How many read replicas in this region are available and replicating."""
    found = [account.find("rds:db", replica) for replica in db.references("ReadReplicaDBInstanceIdentifiers")]
    return sum(replica is not None and _replicates(replica) for replica in found)


def _replicates(replica: Record) -> bool:
    # AWS omits the list for an instance that is no replica
    infos = replica.get("StatusInfos", ())
    return replica["DBInstanceStatus"] == "available" and all(info["Normal"] for info in infos)


@check(
    "rds:db",
    severity="low",
    reads=["rds:reservation"],
    fix="aws rds describe-reserved-db-instances-offerings --db-instance-class {DBInstanceClass}",
)
def reserved_years(db: Record, account: Account) -> int | None:
    """The longest term of an active reservation for its engine and instance family, whose sizes share reservations."""
    held = [
        reservation["Duration"] // YEAR
        for reservation in account.all("rds:reservation")
        # reservations name the engine `postgresql`, `aurora mysql`, `oracle-se2(li)`
        if reservation["ProductDescription"].replace(" ", "-").startswith(db["Engine"])
        and reservation["State"] == "active"
        and _family(reservation) == _family(db)
    ]
    return max(held, default=None)


def _family(record: Record) -> str:
    return record["DBInstanceClass"].rpartition(".")[0]


@check("rds:subnet-group", severity="low", fix="aws rds modify-db-subnet-group --help")
def description(group: Record) -> str:
    """The text of its description."""
    return group["DBSubnetGroupDescription"]


@check("rds:proxy", severity="low", reads=["rds:proxy.target"], fix="aws rds register-db-proxy-targets --help")
def pools(proxy: Record, account: Account) -> frozenset[str]:
    """The database instances that the proxy pools connections to."""
    targets = account.details("rds:proxy.target", proxy)
    return frozenset(target["RdsResourceId"] for target in targets if target["Type"] == "RDS_INSTANCE")


@check(
    "rds:proxy",
    severity="low",
    reads=["rds:proxy.target"],
    fix="aws rds describe-db-proxy-targets --db-proxy-name {name}",
)
def serves(proxy: Record, account: Account) -> bool:
    """Whether the proxy is available and every one of its targets is."""
    states = [target["TargetHealth"]["State"] for target in account.details("rds:proxy.target", proxy)]
    return proxy["Status"] == "available" and bool(states) and all(state == "AVAILABLE" for state in states)
