// Package deploy holds no code: the folder has what Muster is deployed with, and the tests
// here read all of it, and the Dockerfile and docker-compose.yml above, for what goes wrong
// silently: a reference that leads nowhere, an image without a version, a setting, flag or
// command that Muster does not know, a port that is open to the world.
//
// The folder check reads the same files as the tools do that they are written for. It is a
// module of its own:
//
//	go -C deploy/check run .
package deploy
