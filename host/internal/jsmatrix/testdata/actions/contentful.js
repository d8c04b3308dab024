// getEntries
// 200 GET cdn.contentful.com/spaces/s/environments/master/entries {"sys":{"type":"Array"},"total":1,"skip":0,"limit":100,"items":[{"sys":{"id":"e1","type":"Entry"},"fields":{"title":"Welcome"}}]}
import { createClient } from "contentful";

const client = createClient({ space: "s", accessToken: event.secrets.TOKEN });
console.log((await client.getEntries({ content_type: "mail", "fields.lang": "en" })).items[0].fields.title);
