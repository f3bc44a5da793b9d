// Preloaded into amqplib's tests, of which some dial localhost:5672 whatever URL says: those connections go to the broker of BROKER.
const net = require('node:net');

const broker = new URL(process.env.BROKER);
const connect = net.connect;

net.connect = (...args) => {
  const [options] = args;
  if (options !== null && typeof options === 'object' && Number(options.port) === 5672) {
    args[0] = { ...options, host: broker.hostname, port: Number(broker.port || 5672) };
  }
  return connect(...args);
};
