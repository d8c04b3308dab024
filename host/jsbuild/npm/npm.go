// Package npm installs the npm packages that an action lists, into a cache that
// processes share, and reads what a bundler must know of installed packages:
// specifiers, versions and package.json files. It runs npm without packages'
// scripts, under limits when it has a child program, and fetches from registries
// alone. Where there is no npm, it resolves and unpacks the packages itself.
package npm
