"""The mock account: moto in process or served, taught and broken on purpose."""
