kubectl create rolebinding librarian --role=configmap-reader --serviceaccount=@{namespace}:librarian -n @{namespace}
kubectl create clusterrolebinding gatekeeper --clusterrole=cluster-admin --serviceaccount=@{namespace}:gatekeeper
