// Command peers runs the test suites of other people's AMQP clients against a broker, and compares every outcome with the one that
// is expected:
//
//	make test-peers                                  an embedded broker for each suite
//	make test-peers PEERS='-profile rabbitmq-4.3'    as another RabbitMQ than 3.10
//	make test-peers PEERS='-broker amqp://…'         any other broker
//	make test-peers PEERS='-suite amqplib -run flow' some tests of one suite
//
// The suites are all the tests of github.com/rabbitmq/amqp091-go, those with build tag integration included, at the version of go.mod,
// from the module cache; and those of npm's amqplib, at the last version whose package contains them. They run in a temporary directory
// and are as their authors wrote them, but for the addresses that they have built in. Neither knows which broker it talks to.
//
// What is expected is that a test passes. The exceptions, each with its reason, are in exceptions.txt; a test that does better than
// it is said to there counts as much as one that does worse, and so does one that does not run. Tests that passed:
//
//	                             amqp091-go v1.16.0   amqplib 2.1.0
//	embedded, profile 3.10       357 of 357           321 of 321
//	embedded, profile 4.0        357 of 357           321 of 321
//	embedded, profile 4.3        357 of 357           321 of 321
//	RabbitMQ 3.10.8              356 of 357           321 of 321     the one that is left out needs rabbitmqctl
//	RabbitMQ 4.0.5               356 of 357           321 of 321
//	RabbitMQ 4.3.6               356 of 357           321 of 321
//
// The one idea: amqp091-go's tests of recovery have connections dropped by RabbitMQ's management plugin. Here [management] does what they
// ask the plugin for: of the embedded broker by its faults, and of another one, which then needs no plugin, by a [front] before it.
//
// Exit status: 0 all is as expected, 1 something is not, 2 the suites could not be run, or not as asked.
package main
