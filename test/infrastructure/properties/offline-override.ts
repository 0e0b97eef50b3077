/** Cuts a root off from its state and from AWS, as a file `…_override.tf` in it; the provider is the real one. */
export const offlineOverride = `terraform {
  backend "local" {}
}

provider "aws" {
  access_key                  = "offline"
  secret_key                  = "offline"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
  allowed_account_ids         = null
}
`;
