kubectl create rolebinding librarian --role=configmap-reader --serviceaccount=@{namespace}:librarian -n @{namespace}
kubectl create rolebinding gatekeeper-2 --role=configmap-reader --serviceaccount=@{namespace}:gatekeeper -n @{namespace}
