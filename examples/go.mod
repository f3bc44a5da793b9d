module github.com/lockstep-prover/lockstep/examples

go 1.26.8

require (
	github.com/google/go-cmp v0.7.0
	github.com/lockstep-prover/lockstep v0.0.0
	pgregory.net/rapid v1.3.0
)

require github.com/anishathalye/porcupine v1.3.1

replace github.com/lockstep-prover/lockstep => ../
