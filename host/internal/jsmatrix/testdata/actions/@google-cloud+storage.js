// bucket.file.save with a token of its own
// 200 POST storage.googleapis.com/upload/storage/v1/b/users/o {"name":"a.json","bucket":"users"}
import { Storage } from "@google-cloud/storage";
import { OAuth2Client } from "google-auth-library";

const authClient = new OAuth2Client();
authClient.setCredentials({ access_token: event.secrets.TOKEN });
const storage = new Storage({ projectId: "p", authClient, retryOptions: { autoRetry: false } });
await storage.bucket("users").file("a.json").save(JSON.stringify(event.user), { resumable: false, validation: false });
console.log("saved");
