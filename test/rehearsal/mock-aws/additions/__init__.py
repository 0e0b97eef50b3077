"""What moto 5.2.1 lacks of the services that the infrastructure uses, one file a service. serve.py imports them all."""
