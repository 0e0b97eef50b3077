locals {
  # The gateway's index is of two architectures; the engine's also has an attestation for each.
  images_of_one = { gateway = 3, engine = 5 }
}

resource "aws_ecr_repository" "this" {
  #checkov:skip=CKV_AWS_136:encrypted by AES-256; a KMS key of one's own is given by kms_key_arn
  for_each = toset(["gateway", "engine"])

  name                 = "${local.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.force_destroy

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = local.has_key ? "KMS" : "AES256"
    kms_key         = local.has_key ? var.kms_key_arn : null
  }

  tags = { Name = "${local.name}/${each.key}" }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "What no tag names any more. Images that an index consists of are not taken as long as it is there."
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "The newest stay. An index counts, and so does each image that it consists of."
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images * local.images_of_one[each.key] }
        action       = { type = "expire" }
      },
    ]
  })
}
