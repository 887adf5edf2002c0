# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures that prevent a step of a run on one host: decisions that need the answers of several tasks or hosts.

``by_step`` has them by the name of the step. Each function gets ``Facts`` (as in `deployments`) and the host, and
returns a `Failure` for each fault. A failure does not name its host: the summary prints it once, with all hosts that
have it.
"""
