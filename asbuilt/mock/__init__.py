"""The mock account: moto, in process or over HTTP, with extensions and injected faults."""
