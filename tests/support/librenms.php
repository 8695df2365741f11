<?php

// A stand-in for those parts of LibreNMS that a handler of traps uses. It reads a trap as snmptrapd gives it to its
// traphandle (name of the host, address, then 'OID VALUE' lines), and prints what the handler logs, as JSON.
// usage: php librenms.php HANDLER.php CLASS <TRAP

namespace App\Models {
    class Device
    {
    }
}

namespace LibreNMS\Enum {
    enum Severity: int
    {
        case Unknown = 0;
        case Ok = 1;
        case Info = 2;
        case Notice = 3;
        case Warning = 4;
        case Error = 5;
    }
}

namespace LibreNMS\Interfaces {
    interface SnmptrapHandler
    {
        public function handle(\App\Models\Device $device, \LibreNMS\Snmptrap\Trap $trap);
    }
}

namespace LibreNMS\Snmptrap {
    class Trap
    {
        /** @var array<string, string> */
        private array $values = [];

        public function __construct(string $raw)
        {
            foreach (array_slice(explode("\n", trim($raw)), 2) as $line) {
                [$oid, $value] = explode(' ', $line, 2) + [1 => ''];
                $this->values[$oid] = trim($value, '"');
            }
        }

        public function findOid(string $search): string
        {
            foreach ($this->values as $oid => $value) {
                if (str_contains($oid, $search)) {
                    return $oid;
                }
            }

            return '';
        }

        public function getOidData(string $oid): string
        {
            return $this->values[$oid] ?? '';
        }

        public function log(string $message, \LibreNMS\Enum\Severity $severity, string $type = 'trap'): void
        {
            $trap = $this->getOidData('SNMPv2-MIB::snmpTrapOID.0');
            echo json_encode(['trap' => $trap, 'text' => $message, 'severity' => $severity->name, 'type' => $type]), "\n";
        }
    }
}

namespace {
    require $argv[1];
    $handler = new $argv[2]();
    $handler->handle(new \App\Models\Device(), new \LibreNMS\Snmptrap\Trap(stream_get_contents(STDIN)));
}
