for right in @{loader}:get @{indexer}:list @{follower}:list,watch; do
  kubectl create role "${right%:*}" --verb="${right#*:}" --resource=configmaps -n @{namespace} --dry-run=client -o yaml | kubectl apply -f -
done
