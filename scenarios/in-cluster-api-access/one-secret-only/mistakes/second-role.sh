kubectl create role mailer-narrow --verb=get --resource=secrets --resource-name=smtp-credentials -n @{namespace}
kubectl create rolebinding mailer-narrow --role=mailer-narrow --serviceaccount=@{namespace}:mailer -n @{namespace}
