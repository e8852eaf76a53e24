kubectl create role tally-reads --verb=list,watch --resource=deployments.apps -n @{namespace}
kubectl create role tally-writes --verb=patch --resource=tallies.ops.example.com/status --resource-name=board -n @{namespace}
kubectl create role tally-tells --verb=create --resource=events -n @{namespace}
for name in tally-reads tally-writes tally-tells; do
  kubectl create rolebinding $name --role=$name --serviceaccount=@{namespace}:tally -n @{namespace}
done
