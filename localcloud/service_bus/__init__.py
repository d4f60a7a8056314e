"""Azure Service Bus on this machine: a durable AMQP 1.0 broker that the genuine SDK accepts."""
