# SPDX-License-Identifier: MPL-2.0
#
# zreport.fish - completion of zreport for fish.

set -l periods hourly daily weekly monthly
set -l grouped $periods top series export
set -l windowed $grouped report

function __zreport_zones
    echo local
    echo UTC
    set -l directory /usr/share/zoneinfo
    set -q TZDIR; and set directory $TZDIR
    test -r $directory/tzdata.zi
    and awk '$1 == "Z" { print $2 } $1 == "L" { print $3 }' $directory/tzdata.zi
end

# The command on the line; nothing where there is none yet.
function __zreport_command
    for word in (commandline -opc)[2..-1]
        if contains -- $word report hourly daily weekly monthly top series export statusline budgets watch health \
                rejects price ping
            echo $word
            return
        end
    end
end

# Whether it is one of these; without one it is report.
function __zreport_is
    set -l command (__zreport_command) report
    contains -- $command[1] $argv
end

function __zreport_by
    set -l before (string match -r '.*,' -- (commandline -ct | string replace -r '^--by=' ''))
    for name in model tier service provider type
        string match -q -- "*,$name,*" ",$before"; or echo $before$name
    end
end

complete -c zreport -f
complete -c zreport -n 'not __zreport_command | string length -q' -a report -d 'the cost report'
complete -c zreport -n 'not __zreport_command | string length -q' -a hourly -d 'what each hour cost'
complete -c zreport -n 'not __zreport_command | string length -q' -a daily -d 'what each day cost'
complete -c zreport -n 'not __zreport_command | string length -q' -a weekly -d 'what each week cost'
complete -c zreport -n 'not __zreport_command | string length -q' -a monthly -d 'what each month cost'
complete -c zreport -n 'not __zreport_command | string length -q' -a top -d 'the most expensive models, services, ...'
complete -c zreport -n 'not __zreport_command | string length -q' -a series -d 'the cost over time'
complete -c zreport -n 'not __zreport_command | string length -q' -a export -d 'what was counted, as CSV or JSON lines'
complete -c zreport -n 'not __zreport_command | string length -q' -a statusline -d 'the spend in one line'
complete -c zreport -n 'not __zreport_command | string length -q' -a budgets -d 'limits, and how much of them is spent'
complete -c zreport -n 'not __zreport_command | string length -q' -a watch -d 'everything at a glance, live'
complete -c zreport -n 'not __zreport_command | string length -q' -a health -d 'the state of the daemon'
complete -c zreport -n 'not __zreport_command | string length -q' -a rejects -d 'the last rejected inputs'
complete -c zreport -n 'not __zreport_command | string length -q' -a price -d 'the rates in force for a model'
complete -c zreport -n 'not __zreport_command | string length -q' -a ping -d 'whether the daemon answers'

complete -c zreport -l endpoint -x -a 'tcp:// ipc://' -d 'where to send queries'
complete -c zreport -l timeout -x -d 'how many seconds to wait'
complete -c zreport -l json -d 'print the result as JSON'
complete -c zreport -l help -d 'show help'
complete -c zreport -l version -d 'show the version'
complete -c zreport -n "__zreport_is $windowed" -l since -x -a 'today yesterday 1h 24h 7d 30d' -d 'from this time on'
complete -c zreport -n "__zreport_is $windowed" -l until -x -a 'today yesterday 1h 24h 7d 30d' -d 'before this time'
complete -c zreport -n "__zreport_is $windowed" -l last -x -a '30m 1h 24h 7d 30d 8w 12mo' -d 'this far back from now'
complete -c zreport -n "__zreport_is $windowed statusline watch" -l timezone -x -a '(__zreport_zones)' \
    -d 'time zone of days'
complete -c zreport -n "__zreport_is $grouped" -l by -x -a '(__zreport_by)' -d 'group by'
complete -c zreport -n "__zreport_is $grouped statusline" -l where -x -a 'model= tier= service= provider= type=' \
    -d 'only matching events'
complete -c zreport -n "__zreport_is series export" -l step -x -a '1m 5m 15m 1h 1d 1w' -d 'length of a step'
complete -c zreport -n "__zreport_is $periods top series rejects" -l limit -x -d 'at most N rows'
complete -c zreport -n "__zreport_is export" -l format -x -a 'csv jsonl' -d 'format of rows'
complete -c zreport -n "__zreport_is statusline" -l format -x -d 'a text with placeholders'
complete -c zreport -n "__zreport_is report" -l service -x -d 'only this service'
complete -c zreport -n "__zreport_is watch" -l query -x -a 'tcp:// ipc://' -d 'where to send queries'
complete -c zreport -n "__zreport_is watch" -l count -x -d 'exit after N snapshots'
