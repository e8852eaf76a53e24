# The name sorts behind others: of Jobs of the same second the first counts as the last.
kubectl create job sweeper-last-night --from=cronjob/sweeper -n @{namespace}
