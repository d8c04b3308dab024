// GetSecretValueCommand
// 200 POST secretsmanager.eu-central-1.amazonaws.com {"Name":"key","SecretString":"shh"}
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const secrets = new SecretsManagerClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await secrets.send(new GetSecretValueCommand({ SecretId: "key" }))).SecretString);
