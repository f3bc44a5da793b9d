# make test    everything but RabbitMQ 4: lint, all tests, those against a real RabbitMQ included (installs Debian's package where it is missing)
# make lint    gofmt, go vet, staticcheck
# make rabbitmq-4       RabbitMQ 4.0 and 4.3 in root directories of their own, below /var/lib/lockstep or $LOCKSTEP_RABBITMQ_ROOTS, where they are missing; as root
# make test-rabbitmq-4  the tests against them
# make conform      random operations on RabbitMQ 3.10, 4.0 and 4.3, held against the broker machine; FOR=10m each, another SEED= each time
# make test-peers   the test suites of amqp091-go and of npm's amqplib against the embedded broker, three minutes; PEERS= has flags of live/peers
# make prove-long   the larger sizes: minutes, gigabytes; of the classics every state that somebody else has counted
# make bench-peers  measures the prover beside SPIN, writes prover/BENCHMARKS.md; BENCH=-ten explores 61 million states, too

.PHONY: test lint rabbitmq rabbitmq-4 test-rabbitmq-4 conform test-peers prove-long bench-peers

test: lint rabbitmq
	LOCKSTEP_RABBITMQ=1 LOCKSTEP_CASES=all go test -timeout 14m ./...
	cd examples && go test ./...

lint:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	staticcheck=$$(go tool -n staticcheck) && cd examples && go vet ./... && $$staticcheck ./...

rabbitmq:
	./.ci/install-rabbitmq

rabbitmq-4:
	./live/rabbitmq/install-rabbitmq-4

test-rabbitmq-4: rabbitmq rabbitmq-4
	LOCKSTEP_RABBITMQ=1 LOCKSTEP_RABBITMQ_4=1 go test -timeout 14m ./live/rabbitmq/...
	LOCKSTEP_RABBITMQ=1 LOCKSTEP_RABBITMQ_4=1 go test -timeout 14m ./live/amqptest -run TestScripts
	LOCKSTEP_RABBITMQ=1 LOCKSTEP_RABBITMQ_4=1 go test -timeout 14m ./live/replay -run TestCorpusOnRabbitMQ4

FOR = 10m
SEED = $(shell date +%s)

conform: rabbitmq rabbitmq-4
	for broker in rabbitmq rabbitmq-4.0 rabbitmq-4.3; do go run ./cmd/lockstep conform --broker $$broker --seed $(SEED) --for $(FOR) || exit 1; done

test-peers:
	./.ci/install-node
	go run ./live/peers $(PEERS)

prove-long:
	LOCKSTEP_LONG=1 go test ./spec -run PromisesByRun -v -timeout 2h
	go run ./cmd/lockstep prove mutex/exclusive-queue --clients 3
	go run ./cmd/lockstep prove classic/two-phase-commit --set rm=9 --no-por --no-symmetry
	go run ./cmd/lockstep prove classic/amqp-mutex --set clients=4 --set drops=2 --no-por --no-symmetry

bench-peers:
	./.ci/install-spin
	go run ./prover/bench $(BENCH)
