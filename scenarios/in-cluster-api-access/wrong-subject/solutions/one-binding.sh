# One binding for both is fine too: what counts is who may do what.
kubectl delete rolebinding price-sync -n @{namespace}
kubectl patch rolebinding stock-sync -n @{namespace} --type=merge -p '{"subjects":[
  {"kind":"ServiceAccount","name":"stock-sync","namespace":"@{namespace}"},
  {"kind":"ServiceAccount","name":"price-sync","namespace":"@{namespace}"}]}'
