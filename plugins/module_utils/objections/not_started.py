# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What failed where nothing was done: the first words of a refusal."""

BACKUP = "The backup was not started"
RESTORE = "The restore was not started"
