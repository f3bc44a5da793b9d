// Package rabbitmqtest gives tests a real RabbitMQ node: one for the whole
// test binary ([Shared]), or one of their own to break ([Private]); either of
// this machine's own version or of one that `make rabbitmq-4` installed.
//
// Such tests run only when the environment variable LOCKSTEP_RABBITMQ is 1, as
// `make test` sets it, and are skipped otherwise. Where it is 1 and the
// server is not installed they fail: a run that was to compare with RabbitMQ
// must not pass without it. Tests with RabbitMQ 4 want LOCKSTEP_RABBITMQ_4=1 in
// addition, as `make test-rabbitmq-4` sets it, for not everybody can install it.
//
// It is not a fake, and it cleans nothing up between tests: those that use
// the shared node take queue names of their own.
package rabbitmqtest
