// pages.create, the error of a database that is not there
// 404 POST api.notion.com/v1/pages ~gone {"object":"error","status":404,"code":"object_not_found","message":"no database"}
// 200 POST api.notion.com/v1/pages {"object":"page","id":"p1"}
import { APIErrorCode, Client, isNotionClientError } from "@notionhq/client";

const notion = new Client({ auth: event.secrets.TOKEN });
const page = (id) => ({ parent: { database_id: id }, properties: { Name: { title: [{ text: { content: event.user.email } }] } } });
console.log((await notion.pages.create(page("d1"))).id);
await notion.pages.create(page("gone")).catch((error) => console.log(isNotionClientError(error), error.code === APIErrorCode.ObjectNotFound, error.message));
