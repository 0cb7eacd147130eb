// What this process can say of its machine and of itself.
#pragma once

#include <string>

namespace tickmesh {

/// Random per boot of the machine: processes with equal ids share one clock. Empty where unknown.
std::string boot_id();

/// The linker's hash of this program (ELF build id, in hexadecimal): equal on two hosts only where
/// the same build runs.
std::string build_id();

/// Used / total memory of the machine, in [0, 1]; negative where the system does not say.
double memory_share();

/// Resident memory of this process in MiB; 0 where unknown.
double resident_mib();

/// CPU time that this process has used, in seconds.
double cpu_seconds();

/// `Intel Xeon ..., 2 CPUs`; for reports.
std::string machine_description();

} // namespace tickmesh
