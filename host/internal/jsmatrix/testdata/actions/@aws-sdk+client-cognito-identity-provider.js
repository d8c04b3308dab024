// AdminCreateUserCommand, the error of a name that is taken
// 400 POST cognito-idp.eu-central-1.amazonaws.com ~twice {"__type":"UsernameExistsException","message":"exists"}
// 200 POST cognito-idp.eu-central-1.amazonaws.com {"User":{"Username":"jo","UserCreateDate":1700000000}}
import { AdminCreateUserCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";

const client = new CognitoIdentityProviderClient({ region: "eu-central-1", credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" } });
console.log((await client.send(new AdminCreateUserCommand({ UserPoolId: "eu-central-1_x", Username: "jo" }))).User);
await client.send(new AdminCreateUserCommand({ UserPoolId: "eu-central-1_x", Username: "twice" })).catch((error) => console.log(error.name, error.message));
