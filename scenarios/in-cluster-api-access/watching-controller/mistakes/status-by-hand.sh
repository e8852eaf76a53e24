kubectl patch tally board -n @{namespace} --subresource=status --type=merge -p '{"status":{"deployments":1}}'
