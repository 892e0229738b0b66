package registryimage

// AWS are the credentials of Amazon ECR in a source.
type AWS struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Region, AccountID                          string
	// RoleARNs are assumed one after the other.
	RoleARNs []string
}

// usesECR follows the resource, which takes a source with a region for one of
// Amazon ECR and ignores the other aws_ fields without it.
func (s Source) usesECR() bool { return s.fields.AWSRegion != "" }

func (s Source) hasAWSKeys() bool {
	return s.fields.AWSAccessKeyID != "" && s.fields.AWSSecretAccessKey != ""
}

// AWS returns the credentials that have to be turned into a login with
// [Source.LoggedIn]. It is false for a source that needs none.
func (s Source) AWS() (AWS, bool) {
	if !s.usesECR() || !s.hasAWSKeys() {
		return AWS{}, false
	}
	roles := s.fields.AWSRoleARNs
	if s.fields.AWSRoleARN != "" {
		roles = []string{s.fields.AWSRoleARN}
	}
	return AWS{
		AccessKeyID:     s.fields.AWSAccessKeyID,
		SecretAccessKey: s.fields.AWSSecretAccessKey,
		SessionToken:    s.fields.AWSSessionToken,
		Region:          s.fields.AWSRegion,
		AccountID:       s.fields.AWSAccountID,
		RoleARNs:        roles,
	}, true
}

// LoggedIn returns a source of Amazon ECR with the login that AWS gave for its
// credentials, on the registry that AWS named.
func (s Source) LoggedIn(registry, username, password string) (Source, error) {
	loggedIn := s
	loggedIn.fields.Username, loggedIn.fields.Password = username, password
	if err := loggedIn.move(registry, s.fields.Repository); err != nil {
		return Source{}, err
	}
	return loggedIn, nil
}
