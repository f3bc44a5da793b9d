// Command peers runs the test suites of other people's AMQP clients against a broker, and compares every outcome with the one that
// is expected:
//
//	make test-peers                                  the embedded broker
//	make test-peers PEERS='-broker amqp://…'         any other
//	make test-peers PEERS='-suite amqplib -run flow' some of one suite
//
// The suites are the integration tests of github.com/rabbitmq/amqp091-go, at the version of go.mod, from the module cache; and those
// of npm's amqplib, at the last version whose package contains them. They run in a temporary directory and are as their authors wrote
// them, but for the addresses that they have built in.
//
// What is expected is that a test passes. The exceptions, each with its reason, are in exceptions.txt; a test that does better than
// it is said to there counts as much as one that does worse, and so does one that does not run.
//
// The one idea: amqp091-go's tests of recovery have connections dropped by RabbitMQ's management plugin. They are given a [front] that
// lists and closes connections as the plugin does, so that no broker needs one.
//
// Exit status: 0 all is as expected, 1 something is not, 2 the suites could not be run, or not as asked.
package main
