module github.com/usherhost/usher/host/auth0/clients

go 1.26

require github.com/auth0/go-auth0 v1.30.0 // indirect
