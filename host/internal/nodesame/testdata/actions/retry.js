// A loop of its own around a remote side that is busy.
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

exports.onExecutePostUserRegistration = async function (event) {
  let last;
  for (let attempt = 1; attempt <= 5; attempt++) {
    const response = await fetch(`${event.secrets.BASE}/busy`, { method: "POST", body: JSON.stringify({ attempt, id: event.user.user_id }) });
    last = response.status;
    if (response.ok) {
      console.info("attempt %d of %s: %o", attempt, "five", await response.json());
      return { attempt };
    }
    console.warn(`attempt ${attempt}: ${response.status} ${response.statusText} ${await response.text()}`);
    await wait(2 ** attempt);
  }
  throw new Error(`gave up, last status ${last}`);
};
