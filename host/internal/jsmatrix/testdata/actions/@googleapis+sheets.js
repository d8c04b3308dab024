// spreadsheets.values.append, the error of a sheet that is not there
// 404 POST sheets.googleapis.com/v4/spreadsheets/none {"error":{"code":404,"message":"not found","status":"NOT_FOUND"}}
// 200 POST sheets.googleapis.com/v4/spreadsheets/s1 {"spreadsheetId":"s1","updates":{"updatedRows":1}}
import { auth, sheets } from "@googleapis/sheets";

const client = new auth.OAuth2();
client.setCredentials({ access_token: event.secrets.TOKEN });
const client4 = sheets({ version: "v4", auth: client, retry: false });
const row = (spreadsheetId) => ({ spreadsheetId, range: "A1", valueInputOption: "RAW", requestBody: { values: [[event.user.email]] } });
console.log((await client4.spreadsheets.values.append(row("s1"))).data.updates);
await client4.spreadsheets.values.append(row("none")).catch((error) => console.log(error.status ?? error.code, error.message));
