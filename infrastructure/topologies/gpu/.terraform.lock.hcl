# The provider that everything was tested with, for both programs. "init" adds the hashes of the package that it gets.

provider "registry.opentofu.org/hashicorp/aws" {
  version = "5.100.0"
}

provider "registry.terraform.io/hashicorp/aws" {
  version = "5.100.0"
}
