# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Looks at a job, and cancels it: the operations `poll` and `cancel`, without compiling anything. Lines: operation, id of the job, attempt, wait in ms; for a rehearsal its state folder, in base64 of UTF-8.
# Prints one line of JSON with the job's documents, unchanged and in base64. The controller interprets them. Job.cs and JobFolder.cs write these files.
# Nothing that an ordinary user has made is read: everybody can make a folder in %ProgramData% and own it. 1024: the attribute of a link.
# The lock is byte 2^62 of its file (Win32.TryLock); -2147024863: another process has it. A job that has not begun 180 s after its request (BeginSeconds) never begins.
# Where a constructor has several overloads, enumerations have their type: .NET Framework has more overloads than later versions.
# The process of a restore, a quiesce or a resume is never killed: after a cancellation it undoes its work, and a kill would leave a mixture.
$operation,$id,$attempt,$wait,$own=$l
$io=[IO.File]
$state=[Environment]::GetFolderPath('CommonApplicationData').TrimEnd('\')+'\identityops.groupid'
if($own){$state=[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($own))}
$folder=$state+'\jobs\'+$id
$result,$progress,$request,$lock=($folder+'\result.json'),($folder+'\state.json'),($folder+'\request.json'),($folder+'\lock')
$said=@{code='system';path='';cause='';note='';result='';state='';failure=''}
$watch=[Diagnostics.Stopwatch]::StartNew()
$publish={
$draft=$folder+'\.'+$name+'.'+[Guid]::NewGuid().ToString('N').Substring(0,8)+'.tmp'
try{
$file=[IO.FileStream]::new($draft,[IO.FileMode]'CreateNew',[IO.FileAccess]'Write',[IO.FileShare]'None',4096,[IO.FileOptions]'WriteThrough')
try{$file.Write([Text.Encoding]::ASCII.GetBytes($text),0,$text.Length)}finally{$file.Dispose()}
$io::Move($draft,$folder+'\'+$name)
}catch{
try{$io::Delete($draft)}catch{}
if(!$io::Exists($folder+'\'+$name)){throw}
}
}
$look={
$held=$false
if($io::Exists($lock)){
$file=$io::Open($lock,'Open','ReadWrite','ReadWrite')
try{$file.Lock(4611686018427387904,1)}catch{
if($_.Exception.GetBaseException().HResult -ne -2147024863){throw}
$held=$true
}finally{$file.Dispose()}
}
$began=$io::Exists($progress) -or $io::Exists($folder+'\failure.json') -or !$io::Exists($request)
$last=[Math]::Max($io::GetLastWriteTimeUtc($request).Ticks,[IO.Directory]::GetLastWriteTimeUtc($folder).Ticks)
$alive=$held -or (!$began -and [Math]::Abs([DateTime]::UtcNow.Ticks-$last)/10000000 -lt 180)
}
try{
foreach($path in $state,($state+'\jobs'),$folder){
if(![IO.Directory]::Exists($path)){$said.code='job_missing';$said.path=$folder;throw 'There is none of this id.'}
$said.code='state_owner';$said.path=$path
if([int]$io::GetAttributes($path) -band 1024){throw 'This is a link, and links are not followed.'}
$owners='S-1-5-18','S-1-5-32-544',[Security.Principal.WindowsIdentity]::GetCurrent().User.Value
if($owners -notcontains [Security.AccessControl.DirectorySecurity]::new($path,'Owner').GetOwner([Security.Principal.SecurityIdentifier]).Value){
throw 'Its owner is neither SYSTEM nor the group Administrators nor this account.'
}
$said.code='system';$said.path=''
}
if($operation -eq 'cancel' -and !$io::Exists($result) -and !$io::Exists($folder+'\cancel')){
$name='cancel';$text=$attempt
.$publish
}
$killed=$operation -ne 'cancel' -or $id -match '^(restore|quiesce|resume)-'
$until=[long]$wait
for($n=0;!$io::Exists($result);$n++){
if($n%20 -eq 0){
.$look
if(!$alive){break}
}
if($watch.ElapsedMilliseconds -ge $until){
if($killed){break}
$killed=$true;$until=$watch.ElapsedMilliseconds+10000;$n=-1
.$look
if($held -and $io::Exists($progress)){
try{
$process=[Diagnostics.Process]::GetProcessById([int][regex]::Match($io::ReadAllText($progress),'"process":([0-9]{1,9})').Groups[1].Value)
$process.Kill()
[void]$process.WaitForExit(10000)
}catch{}
}
}
[Threading.Thread]::Sleep(50)
}
$ended=$io::Exists($result) -or !$alive
foreach($name in 'result','failure','state'){
if(($name -ne 'result' -or $ended) -and !$said.result -and $io::Exists($folder+'\'+$name+'.json')){
try{
$file=$io::Open($folder+'\'+$name+'.json','Open','Read','ReadWrite,Delete')
try{
if($file.Length -gt 16777216){throw 'it is too large'}
$bytes=[byte[]]::new([int]$file.Length)
for($at=0;$at -lt $bytes.Length;$at+=$count){
$count=$file.Read($bytes,$at,$bytes.Length-$at)
if($count -le 0){throw 'it changed while it was read'}
}
$said[$name]=[Convert]::ToBase64String($bytes)
}finally{$file.Dispose()}
}catch{if($name -ne 'state'){throw}}
}
}
if($said.result -and !$io::Exists($folder+'\delivered')){
$name='delivered';$text='{"attempt":"'+$attempt+'"}'+"`n"
try{.$publish}catch{$said.note="$_"}
}
$said.code='running'
if($ended){$said.code='ended'}
$said.path=$folder
}catch{
$said.cause="$_"
if($said.code -eq 'system' -and ![IO.Directory]::Exists($folder)){$said.code='job_missing';$said.path=$folder}
}
$text='{"protocol":1,"operation":"'+$operation+'","code":"'+$said.code+'","seconds":'+[int]$watch.Elapsed.TotalSeconds
foreach($name in 'path','cause','note'){$text+=',"'+$name+'":"'+[Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($said[$name]))+'"'}
foreach($name in 'result','state','failure'){$text+=',"'+$name+'":"'+$said[$name]+'"'}
$text+'}'
