module github.com/lockstep-prover/lockstep

go 1.26.8

require (
	github.com/google/go-cmp v0.7.0
	github.com/rabbitmq/amqp091-go v1.16.0
	pgregory.net/rapid v1.3.0
)
