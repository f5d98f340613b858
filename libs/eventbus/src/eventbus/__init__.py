"""RabbitMQ: topology, confirmed publishing, consuming."""
