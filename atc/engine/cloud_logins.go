package engine

import (
	"context"

	"github.com/concourse/concourse-kubernetes/atc/ecr"
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
)

// cloudLogins turns the credentials of a cloud into a registry login.
type cloudLogins interface {
	ECR(ctx context.Context, credentials registryimage.AWS) (registry, username, password string, err error)
}

// aws asks AWS itself.
type aws struct{ client *ecr.Client }

func (a aws) ECR(ctx context.Context, credentials registryimage.AWS) (registry, username, password string, err error) {
	login, err := a.client.Login(ctx, ecr.Credentials(credentials))
	return login.Registry, login.Username, login.Password, err
}
