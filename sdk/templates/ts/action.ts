import type { PostUserRegistrationHandler } from "usher-actions";

interface Contact {
  id: string;
}

// It is called for every new user. What it throws fails the run, which is then
// tried again.
export const onExecutePostUserRegistration: PostUserRegistrationHandler = async (event, api) => {
  const { user_id, email } = event.user;
  console.log(`${user_id} registered with ${event.connection.name}`);

  const response = await fetch("https://crm.example.com/contacts", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: user_id, email }),
  });
  if (!response.ok) throw new Error(`the CRM answered ${response.status}`);

  const contact = (await response.json()) as Contact;
  console.log(`contact ${contact.id} is in the CRM`);
};
