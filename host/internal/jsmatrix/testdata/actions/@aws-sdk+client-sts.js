// AssumeRoleCommand
// 200 POST sts.eu-central-1.amazonaws.com <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>AK</AccessKeyId><SecretAccessKey>SK</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

const client = new STSClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await client.send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::1:role/r", RoleSessionName: "usher" }))).Credentials.AccessKeyId);
