// A reporter of node:test that prints one JSON object a line for every test that is no suite: {name, outcome, output}.
export default async function* report(events) {
  const path = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path.push(data.name);
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const suite = data.details?.type === 'suite';
    const error = data.details?.error;
    // A suite fails with its tests, except where one of its hooks does.
    if (suite && (type === 'test:pass' || error?.failureType === 'subtestsFailed')) continue;
    const name = [...path.slice(0, data.nesting), data.name].join(' > ');
    const skipped = data.skip !== undefined && data.skip !== false;
    const outcome = type === 'test:fail' ? 'fail' : skipped ? 'skip' : 'pass';
    yield `${JSON.stringify({ name, outcome, output: error ? String(error.cause?.stack ?? error.cause ?? error) : '' })}\n`;
  }
}
