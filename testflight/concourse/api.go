package concourse

import (
	"context"
	"fmt"

	api "github.com/concourse/concourse/go-concourse/concourse"
	"golang.org/x/oauth2"
)

// API returns a client of Concourse's API, logged in as fly is, for what fly does
// not show.
func (c *Concourse) API(ctx context.Context) (api.Client, error) {
	// The client that every Concourse knows fly by.
	fly := oauth2.Config{
		ClientID:     "fly",
		ClientSecret: "Zmx5",
		Endpoint:     oauth2.Endpoint{TokenURL: c.localURL() + "/sky/issuer/token"},
		Scopes:       []string{"openid", "profile", "email", "federated:id", "groups"},
	}
	token, err := fly.PasswordCredentialsToken(ctx, User, User)
	if err != nil {
		return nil, fmt.Errorf("log in to the API at %s: %w", c.localURL(), err)
	}
	return api.NewClient(c.localURL(), fly.Client(context.WithoutCancel(ctx), token), false), nil
}
