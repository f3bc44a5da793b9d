package amqptest_test

import (
	"os"
	"testing"

	"github.com/lockstep-prover/lockstep/live/rabbitmq/rabbitmqtest"
)

func TestMain(m *testing.M) { os.Exit(rabbitmqtest.Run(m)) }
