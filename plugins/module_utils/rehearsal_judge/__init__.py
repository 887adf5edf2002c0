# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the answers of a rehearsal of the folders mean for the claims. Functions from the agent's answers to `Finding`.

A ``look`` is the answer of the agent's step compare. A ``place`` is one of the places in the answer of its step make.
"""
