module github.com/lockstep-prover/lockstep/examples

go 1.26.8

require (
	github.com/google/go-cmp v0.7.0
	github.com/lockstep-prover/lockstep v0.0.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/rabbitmq/amqp091-go v1.16.0
)

require (
	go.etcd.io/bbolt v1.5.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/lockstep-prover/lockstep => ../
