// a plain client: entry.get
// 200 GET api.contentful.com/spaces/s/environments/master/entries/e1 {"sys":{"id":"e1","type":"Entry"},"fields":{"title":{"en":"Welcome"}}}
import { createClient } from "contentful-management";

const client = createClient({ accessToken: event.secrets.TOKEN }, { type: "plain", defaults: { spaceId: "s", environmentId: "master" } });
console.log((await client.entry.get({ entryId: "e1" })).fields.title.en);
