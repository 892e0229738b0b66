package concourse

import "github.com/google/go-containerregistry/pkg/authn"

type registry struct {
	address string
	// login is nil for a registry that wants none.
	login authn.Authenticator
}

func (c *Concourse) registries() []registry {
	return []registry{
		{address: c.Cluster.Registry()},
		{address: c.Cluster.PrivateRegistry(), login: &authn.Basic{
			Username: c.Cluster.RegistryUser(),
			Password: c.Cluster.RegistryPassword(),
		}},
	}
}
