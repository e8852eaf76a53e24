# Which ServiceAccount it is does not matter, as long as it is the one of the Pods, and nobody else's.
kubectl create serviceaccount janitor -n @{namespace}
kubectl create rolebinding janitor --role=@{sweeper} --serviceaccount=@{namespace}:janitor -n @{namespace}
kubectl get cronjob @{sweeper} -n @{namespace} -o yaml |
  kubectl patch --local -f - --type merge -p '{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"serviceAccountName":"janitor"}}}}}}' -o yaml |
  kubectl replace -f -
kubectl create clusterrole reads-nodes --verb=get --resource=nodes
kubectl create clusterrole writes-nodes --verb=patch --resource=nodes
for name in reads-nodes writes-nodes; do
  kubectl create clusterrolebinding $name --clusterrole=$name --serviceaccount=@{namespace}:@{labeler}
done
kubectl create job sweep --from=cronjob/@{sweeper} -n @{namespace}
kubectl wait --for=condition=Complete job/sweep -n @{namespace} --timeout=60s
