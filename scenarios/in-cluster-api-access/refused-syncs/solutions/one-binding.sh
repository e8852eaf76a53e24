# One binding for both is fine too: what counts is who may do what.
kubectl delete rolebinding @{second} -n @{namespace}
kubectl patch rolebinding @{first} -n @{namespace} --type=merge -p '{"subjects":[
  {"kind":"ServiceAccount","name":"@{first}","namespace":"@{namespace}"},
  {"kind":"ServiceAccount","name":"@{second}","namespace":"@{namespace}"}]}'
